-- The manifest names other models for prices than the calls do.
-- Kind:     manifest
-- Table:    calls
-- Returns:  run_id, n (how many), example
select
    asked.run_id,
    count(*) as n,
    first(array_to_string(coalesce(named.models, []), ', ')) as example
from asked
left join (
    select run_id, list_sort(list(distinct priced_as)) as models
    from calls
    where priced_as is not null
    group by run_id
) as named on named.run_id = asked.run_id
where asked.priced_as <> coalesce(named.models, [])
group by asked.run_id
