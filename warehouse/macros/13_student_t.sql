-- The 97.5 % point of Student's t with df degrees of freedom, to 0.001; NULL below 4 of them.
-- Source: the expansion in Abramowitz and Stegun, 26.7.5.
create or replace macro student_t(df) as
    case
        when df >= 4 then
            1.959963984540054e0
            + 2.372271230298562e0 / df
            + 2.822498615739611e0 / pow(df, 2)
            + 2.555849679507722e0 / pow(df, 3)
            + 1.589534053393822e0 / pow(df, 4)
    end
