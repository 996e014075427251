-- McNemar's exact two-sided p of b and c discordant pairs: twice the smaller tail of a fair coin, at most 1; 1
-- where there are none. To a relative 1e-8 up to a million pairs. The arguments are whole numbers and may be
-- columns, not aggregates.
-- Source: Q. McNemar (1947), Psychometrika 12:153-157, with the binomial in place of its approximation. Terms
-- further than ten standard deviations below the smaller count do not matter and are left out.
create or replace macro mcnemar_p(b, c) as
    case
        when b + c >= 0 then least(
            1e0,
            2e0 * (
                select
                    sum(
                        exp(
                            lgamma(b + c + 1e0) - lgamma(i + 1e0) - lgamma(b + c - i + 1e0)
                            - (b + c) * 0.6931471805599453e0
                        )
                    )
                from range(
                    cast(greatest(0, floor(least(b, c) - 5e0 * sqrt(b + c))) as bigint),
                    cast(least(b, c) + 1 as bigint)
                ) as terms(i)
            )
        )
    end
