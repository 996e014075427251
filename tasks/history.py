"""What earlier runs teach about how models count tokens: sums over a sample of the warehouse's calls.

The sample are the prompts whose hash lies below a bound. Files of prompts are sorted by their hash and a
hash is as good as drawn by lot, so the sample is even and little of a large warehouse is read for it.
"""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from tasks.call.tokens import Fit, Script
from warehouse.query import run_sql

SAMPLED = 4_000  # prompts
FITS = """
with sizes as (
  select prompt_hash, sum(strlen(turn ->> 'content'))::double as x, sum(length(turn ->> 'content')) as chars,
    count(*)::double as m
  from (
    select prompt_hash, unnest(from_json(messages, '["json"]')) as turn
    from prompts where prompt_hash <= '{bound}'::uuid
  )
  group by prompt_hash
  having not bool_or(turn ->> 'content' like 'sha256:%')  -- a sealed suite's, of which no text is kept
), counted as (
  select model, suite, case when x = chars then 'ascii' when x / chars < 1.45 then 'latin'
      when x / chars < 2.2 then 'two-byte' else 'three-byte' end as script, x, m,
    (input_tokens + coalesce(cached_input_tokens, 0) + coalesce(cache_write_tokens, 0)
      + coalesce(cache_write_1h_tokens, 0))::double as y
  from calls join sizes using (prompt_hash)
  where prompt_hash <= '{bound}'::uuid and status = 'answered' and tokens_estimated is not true and chars > 0
)
select model, suite, script, count(*)::double, sum(x * x), sum(x * m), sum(m * m), sum(x * y), sum(m * y)
from counted where y between x / 16 and 2 * x + 2000
group by all
"""


Fits = Mapping[str, Mapping[Script, Fit]]  # by model
SuiteFits = Mapping[tuple[str, str], Mapping[Script, Fit]]  # by model and suite


def suite_fits(warehouse: Path) -> dict[tuple[str, str], dict[Script, Fit]]:
    """The fit of each model on each suite by kind of script; empty for a new home.

    Raises: WarehouseError: the warehouse cannot be read.
    """
    if not any((warehouse / "commits").glob("*")):
        return {}
    n = int(str(run_sql(warehouse, "select count(*) from prompts").rows[0][0]))
    share = min(1.0, SAMPLED / max(n, 1))
    bound = UUID(int=min(int(share * 2**128), 2**128 - 1))
    found: dict[tuple[str, str], dict[Script, Fit]] = {}
    for model, suite, script, *sums in run_sql(warehouse, FITS.format(bound=bound)).rows:
        found.setdefault((str(model), str(suite)), {})[script] = Fit(*map(float, sums))
    return found


def fits_by_model(fits: SuiteFits) -> dict[str, dict[Script, Fit]]:
    """The fits of each model over all suites."""
    found: dict[str, dict[Script, Fit]] = {}
    for (model, _), by_script in fits.items():
        for script, fit in by_script.items():
            mine = found.setdefault(model, {})
            mine[script] = mine.get(script, Fit()).plus(fit)
    return found
