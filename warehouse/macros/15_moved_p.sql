-- Two-sided p-value of a difference with the se, df and skew of nights_moved; 1 where nothing differs.
-- The skewness is that of a gamma distribution, whose cube root is nearly normal: where nearly all samples pass
-- each night, five that fail are less rare than the standard error alone says.
-- Source: E. B. Wilson, M. M. Hilferty (1931), PNAS 17:684-688.
create or replace macro moved_p(difference, se, df, skew) as
    case
        when se is null or difference is null then null
        when difference = 0 or se <= 0 then 1e0
        when abs(skew) < 1e-6 then student_p(difference / se, df)
        else student_p(
            6e0 / skew * (pow(greatest(0e0, 1e0 + skew * difference / se / 2e0), 1e0 / 3e0) - 1e0) + skew / 6e0,
            df
        )
    end
