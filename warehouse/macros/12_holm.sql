-- The rows of a relation that has p-values in column `p`, with `p_holm`: p corrected for how many there are, so
-- that the chance of any false one below 0.05 is at most 5 %, whatever they have to do with each other. With
-- `family := column` each family is corrected apart. NULLs are not counted and stay NULL.
-- Source: S. Holm (1979), Scandinavian J. Statistics 6:65-70.
create or replace macro holm(relation, family := 0) as table
with steps as (
    select
        *,
        p * (
            count(p) over (partition by family) + 1
            - row_number() over (partition by family order by p nulls last)
        ) as holm_step
    from query_table(relation)
)
select
    * exclude (holm_step),
    case
        when p is not null
            then least(1e0, max(holm_step) over (partition by family order by p nulls last))
    end as p_holm
from steps
