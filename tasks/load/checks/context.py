"""Rows that a model's context does not hold."""

from collections.abc import Iterator

from tasks.load.checks.subject import Finding, Subject


def over(subject: Subject) -> Iterator[Finding]:
    """Prompts that, with the suite's max_tokens, are over the context of a model; a finding a context.

    Tokens are estimated. Over every model's context is an error, over some a warning.
    """
    asked = subject.suite.params.get("max_tokens", 0)
    room = asked if isinstance(asked, int) else 0
    sizes = {sample_id: subject.tokens(prompt) + room for sample_id, prompt in subject.prompts.items()}
    by_size: dict[int, list[str]] = {}
    for model, context in subject.contexts.items():
        by_size.setdefault(context, []).append(model)
    largest = max(by_size, default=0)
    above: set[str] = set()
    for context in sorted(by_size, reverse=True):
        ids = tuple(
            sample_id for sample_id, size in sizes.items() if size > context and sample_id not in above
        )
        above.update(ids)
        if ids:
            models = [model for size, names in by_size.items() if size <= context for model in names]
            most = max(sizes[sample_id] for sample_id in ids)
            yield Finding(
                "error" if context == largest else "warning",
                "over_context",
                ids,
                subject.template_names,
                f"about {most:,} tokens with the answer's max_tokens, and {', '.join(sorted(models))} "
                f"{'has' if len(models) == 1 else 'have'} {context:,} or fewer",
                "shorten the row, or leave it out in samples.sql",
            )
