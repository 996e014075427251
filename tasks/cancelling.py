"""Cancel a run's batches at their providers, and keep what was done of them."""

from functools import partial

from tasks.work import Work, calling, lane_of


async def cancel_batches(work: Work) -> list[str]:
    """Have every open batch of a run stopped, wait for its end, and journal its results; nothing is sent.

    For the holder of the run's lock. The answers are in the journal then, to be graded and landed as those of
    any run that was stopped. An Anthropic batch of which it is not known whether it is this run's is waited
    for, and never cancelled. Returns a sentence on each batch that goes on all the same.

    Raises: NightbenchError: a provider cannot be asked; what was done is kept, and the rest goes on there.
    """
    async with calling(work) as session:
        batches = work.batches
        if batches is None:
            return []
        for lane in dict.fromkeys(lane_of(entry) for entry in work.plan.spec.models):
            if batches.has_lane(lane) and batches.has_open(lane):
                shards = {
                    shard.index: partial(work.plan.calls, shard)
                    for shard in work.plan.shards
                    if lane_of(shard.variant.entry) == lane
                }
                await batches.cancel_lane(lane, shards)
        if session.fatal is not None:
            raise session.fatal
        return batches.left()
