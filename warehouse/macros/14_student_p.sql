-- The chance that |Student's t| with df >= 1 degrees of freedom is at least |t|: the two-sided p-value, to a
-- relative 1e-9 (checked for df 1 to 1e6 and t 0 to 40); NULL below one degree. The arguments may be columns,
-- not aggregates.
-- Source: the integral of sin^(df-1) over the angle of t (Abramowitz and Stegun, 26.7.1) by the rule of
-- H. Takahasi, M. Mori (1974), Publ. RIMS Kyoto 9:721-741, over the part of it that is not below e^-40;
-- gamma's ratio beyond df = 100 by Tricomi and Erdelyi's series (DLMF 5.11.13).
create or replace macro student_p(t, df) as (
    select
        min(scale * span)
        * sum(step.weight * pow(greatest(0e0, sin(angle - span * step.place)), nu - 1e0))
    from (
        select
            nu,
            angle,
            least(angle, drop_ / (slope + sqrt(slope * slope + drop_))) as span,
            1.1283791670955126e0 * case
                when nu < 1 then null
                when nu < 100 then exp(lgamma((nu + 1e0) / 2e0) - lgamma(nu / 2e0))
                else sqrt(nu / 2e0) * (
                    1e0 - 1e0 / (4e0 * nu) + 1e0 / (32e0 * nu * nu) + 5e0 / (128e0 * pow(nu, 3))
                    - 21e0 / (2048e0 * pow(nu, 4))
                )
            end as scale
        from (
            select
                nu,
                atan2(sqrt(nu), x) as angle,
                x / sqrt(nu) as slope,
                80e0 / greatest(nu - 1e0, 1e-9) as drop_
            from (
                select
                    case when df >= 1 then cast(df as double) end as nu,
                    abs(cast(t as double)) as x
            ) as given
        ) as angles
    ) as spans
    cross join (
        select
            1e0 / (1e0 + exp(pi() * (exp(i / 10e0) - exp(-i / 10e0)) / 2e0)) as place,
            pi() / 20e0 * (exp(i / 10e0) + exp(-i / 10e0)) * place * (1e0 - place) as weight
        from range(-32, 33) as nodes(i)
    ) as step
)
