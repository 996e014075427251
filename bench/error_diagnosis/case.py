"""What a case of the suite error_diagnosis is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A message in its situation, what a right answer says, and what it must not advise.

    `facts` and `forbidden` are phrases of the grader `facts` (tasks/grade/facts.py). `target` is one right
    answer; `also` is another, in other words, that a test holds the facts against; `wrong` are answers that
    mistake the cause or give a forbidden remedy. The situation decides where one message has several causes.
    """

    category: str
    difficulty: str
    situation: str
    message: str
    facts: tuple[str, ...]
    forbidden: tuple[str, ...]
    target: str
    also: str
    wrong: tuple[str, ...]

    @property
    def prompt(self) -> str:
        """What the model is shown."""
        return f"{self.situation}\n\n```\n{self.message.strip()}\n```"
