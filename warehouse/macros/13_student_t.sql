-- The 97.5 % point of Student's t with df degrees of freedom, to 1e-8; NULL below 1 of them.
-- Below 3 a broken df is rounded down.
-- Source: 1 and 2 in closed form (Abramowitz and Stegun, 26.7.4); above, their expansion 26.7.5 with its
-- coefficients fitted to the exact points, because theirs is good to 0.001 only from 4 on.
create or replace macro student_t(df) as
    case
        when df >= 3 then
            1.959963984540054e0
            + (2.3722712837e0
            + (2.82249383996e0
            + (2.55598935639e0
            + (1.58776627299e0
            + (0.741409624639e0
            + (0.65208743587e0
            + (-0.355524401827e0
            + 0.41644559945e0 / df) / df) / df) / df) / df) / df) / df) / df
        when df >= 2 then 4.302652729749464e0
        when df >= 1 then 12.706204736174706e0
    end
