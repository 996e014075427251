"""Apply a routing policy and ask the model it names: the standard library alone, one file that can be copied.

    router = Router.load("policy.json")
    router.choose("What is 17 * 23?")                # the name of a model of the policy
    router.ask("What is 17 * 23?", max_tokens=200)   # asks it: text, model, tokens, dollars

`policy.json` is written by `nightbench route --export`; docs/routing.md has its schema. `ask` speaks
Anthropic's Messages and OpenAI's chat completions; keys and addresses come from the variables of the vendors'
SDKs. A key is sent to its vendor and is in no message. Calls are not retried: the caller knows what a
failure is worth.
"""

import json
import math
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path
from typing import Any

FORMAT, VERSION = "nightbench-policy", 1
VENDORS = {
    "anthropic": ("https://api.anthropic.com", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
    "openai": ("https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "compatible": ("", "COMPATIBLE_BASE_URL", "COMPATIBLE_API_KEY"),
}
QUESTION = re.compile(r"\b(how|what|why|when|where|who|which)\b", re.IGNORECASE)
CODE = re.compile(r"^\s*(def |class |import |from \w+ import|SELECT |#include)|[;{]\s*$", re.MULTILINE)
FEATURES: Mapping[str, Callable[[str], float]] = {
    "log_length": lambda text: math.log1p(len(text)),
    "log_lines": lambda text: math.log1p(text.count("\n")),
    "digits": lambda text: _share(text, str.isdigit),
    "operators": lambda text: _share(text, lambda sign: sign in "+-*/=<>^%$"),
    "brackets": lambda text: _share(text, lambda sign: sign in "()[]{}"),
    "upper": lambda text: _share(text, str.isupper),
    "not_ascii": lambda text: _share(text, lambda sign: ord(sign) > 127),
    "not_latin": lambda text: _share(text, lambda sign: ord(sign) > 0x24F and sign.isalpha()),
    "numbers": lambda text: math.log1p(len(re.findall(r"\d+", text))),
    "question_words": lambda text: math.log1p(len(QUESTION.findall(text))),
    "question_marks": lambda text: math.log1p(text.count("?")),
    "code_fence": lambda text: float("```" in text),
    "code_line": lambda text: float(CODE.search(text) is not None),
    "wants_json": lambda text: float("json" in text.lower()),
    "word_length": lambda text: len(text) / (1 + text.count(" ")),
}


class RouterError(Exception):
    """A policy that cannot be used, or a model that cannot be asked; the message says what to do."""


class AskFailed(RouterError):
    """The model was asked and gave no answer; `status` is HTTP's, None where there was no reply."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What a model said, and what it took."""

    text: str
    name: str  # of the policy's model
    model: str  # provider/name
    input_tokens: int  # cached and written ones among them
    output_tokens: int
    usd: Decimal | None  # at the prices in the policy; None: it has none, or tokens came from a cache
    stop_reason: str | None  # the vendor's own word


class Router:
    """A policy: which model a prompt goes to, and a way to ask it.

    Raises: RouterError: the policy is not of a form that this file knows.
    """

    def __init__(self, policy: Mapping[str, Any], *, timeout_s: float = 600.0) -> None:
        if policy.get("format") != FORMAT or policy.get("version") != VERSION:
            raise RouterError(
                f"this is no policy of version {VERSION} (format {policy.get('format')!r}, version "
                f"{policy.get('version')!r}). Nothing was asked. `nightbench route --export` writes one."
            )
        try:
            self.models: dict[str, Mapping[str, Any]] = {str(one["name"]): one for one in policy["models"]}
            self.default = str(policy["default"])
            self.rules = {
                (rule.get("suite"), rule.get("category")): str(rule["choose"])
                for rule in policy.get("rules", ())
            }
            self.prompt: Mapping[str, Any] | None = policy.get("prompt")
            named = {self.default, *self.rules.values(), *(self.prompt or {}).get("models", ())}
            unknown = set((self.prompt or {}).get("features", ())) - FEATURES.keys()
        except (KeyError, TypeError, AttributeError) as error:
            raise RouterError(f"the policy is not whole: {error!r}. Export it anew.") from error
        if missing := (named - self.models.keys()) | unknown:
            raise RouterError(
                f"the policy names {', '.join(sorted(missing))}, which is not in it or in this file. "
                "Export it anew, with the same version of this file."
            )
        self.timeout_s = timeout_s

    @classmethod
    def load(cls, path: str | Path, *, timeout_s: float = 600.0) -> "Router":
        """Read a policy.

        Raises: RouterError: the file cannot be read or is not a policy.
        """
        try:
            policy = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RouterError(f"{path}: cannot be read as a policy: {error}. Export it anew.") from error
        if not isinstance(policy, dict):
            raise RouterError(f"{path}: a policy is a JSON object. Export it anew.")
        return cls(policy, timeout_s=timeout_s)

    def choose(
        self, prompt: str, *, system: str | None = None, suite: str | None = None, category: str | None = None
    ) -> str:
        """The name of the model for a prompt: by suite and category, corrected by its features."""
        base = self.default
        for key in ((suite, category), (suite, None)):
            if key in self.rules:
                base = self.rules[key]
                break
        if self.prompt is not None:
            return best(self.prompt, f"{system}\n{prompt}" if system else prompt, base)
        return base

    def ask(
        self,
        prompt: str,
        system: str | None = None,
        max_tokens: int = 1024,
        *,
        suite: str | None = None,
        category: str | None = None,
        temperature: float | None = None,
    ) -> Answer:
        """Ask the model that the policy chooses.

        Raises: RouterError: it cannot be asked (no key, no address). AskFailed: it gave no answer.
        """
        entry = self.models[self.choose(prompt, system=system, suite=suite, category=category)]
        provider, _, name = str(entry["model"]).partition("/")
        if provider not in VENDORS:
            raise RouterError(
                f"{entry['model']}: this file can ask {', '.join(VENDORS)}, not {provider}. Nothing was "
                'asked. Put the model that serves it in the policy\'s "model".'
            )
        system = system if system is not None else entry.get("system")
        body: dict[str, Any] = {"model": name, **(entry.get("params") or {})}
        if temperature is not None:
            body["temperature"] = temperature
        messages = [{"role": "user", "content": prompt}]
        if provider == "anthropic":
            body |= {"max_tokens": max_tokens, "messages": messages}
            body |= {"system": system} if system else {}
            return _answer(entry, *_of_anthropic(self._post(provider, "/v1/messages", body)))
        body.pop("max_tokens", None)
        length = "max_completion_tokens" if provider == "openai" else "max_tokens"
        before = [{"role": "system", "content": system}] if system else []
        body |= {length: max_tokens, "messages": before + messages}
        return _answer(entry, *_of_openai(self._post(provider, "/chat/completions", body)))

    def _post(self, provider: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        usual, url_name, key_name = VENDORS[provider]
        base = (os.environ.get(url_name) or usual).rstrip("/")
        key = os.environ.get(key_name, "")
        if not key and provider != "compatible":
            raise RouterError(f"{body['model']}: {key_name} is not set. Nothing was asked. Export the key.")
        if not base.startswith(("https://", "http://")):
            raise RouterError(f"{body['model']}: {url_name} is not an address. Nothing was asked. Set it.")
        headers = {"content-type": "application/json"}
        if provider == "anthropic":
            headers |= {"x-api-key": key, "anthropic-version": "2023-06-01"}
        elif key:
            headers["authorization"] = f"Bearer {key}"
        request = urllib.request.Request(base + path, json.dumps(body).encode(), headers)  # noqa: S310 - checked above
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=self.timeout_s) as reply:
                found = json.load(reply)
        except urllib.error.HTTPError as error:
            said = error.read(2000).decode("utf-8", "replace")
            said = said.replace(key, "***") if key else said
            raise AskFailed(f"{body['model']}: HTTP {error.code}: {said}", error.code) from None
        except (OSError, ValueError, HTTPException) as error:
            raise AskFailed(f"{body['model']}: no answer: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise AskFailed(f"{body['model']}: the reply is no JSON object")
        return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def features(text: str) -> dict[str, float]:
    """What the small model sees of a prompt."""
    return {name: of(text) for name, of in FEATURES.items()}


def best(prompt: Mapping[str, Any], text: str, base: str) -> str:
    """The model with the largest chance of being right times what that is worth, less what it costs.

    It is left at `base` unless another is above it by more than the policy's margin (None: always left).
    The chance is a logistic regression's, of standardised features; the cost is linear in the length.
    """
    seen = features(text)
    z = [
        (seen[name] - mean) / scale
        for name, mean, scale in zip(prompt["features"], prompt["means"], prompt["scales"], strict=True)
    ]

    def worth(model: Mapping[str, Any]) -> float:
        linear = model["intercept"] + math.fsum(w * x for w, x in zip(model["weights"], z, strict=True))
        chance = 1 / (1 + math.exp(-max(-700.0, min(700.0, linear))))
        usd = model["usd_base"] + model["usd_per_char"] * len(text)
        return float(float(prompt["worth_usd"]) * chance - usd)

    margin = prompt.get("margin_usd", 0.0)
    if margin is None:
        return base
    worths = {str(name): worth(model) for name, model in prompt["models"].items()}
    most = max(worths, key=lambda name: worths[name])
    return most if worths[most] - worths[base] > margin else base


def _share(text: str, of: Callable[[str], bool]) -> float:
    return sum(map(of, text)) / (len(text) or 1)


def _of_anthropic(reply: Mapping[str, Any]) -> tuple[str, int, int, int, str | None]:
    try:
        usage = reply["usage"]
        text = "".join(part.get("text", "") for part in reply["content"])
        other = (usage.get("cache_read_input_tokens") or 0) + (usage.get("cache_creation_input_tokens") or 0)
        return text, usage["input_tokens"] + other, other, usage["output_tokens"], reply.get("stop_reason")
    except (KeyError, TypeError, AttributeError) as error:
        raise AskFailed(f"the reply is not one of Anthropic's Messages: {error!r}") from None


def _of_openai(reply: Mapping[str, Any]) -> tuple[str, int, int, int, str | None]:
    try:
        usage, choice = reply["usage"], reply["choices"][0]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        text = choice["message"].get("content") or ""
        return text, usage["prompt_tokens"], cached, usage["completion_tokens"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise AskFailed(f"the reply is not one of OpenAI's chat completions: {error!r}") from None


def _answer(
    entry: Mapping[str, Any], text: str, sent: int, apart: int, received: int, stop_reason: str | None
) -> Answer:
    prices = entry.get("usd_per_mtok")
    usd = None
    if prices and not apart:
        usd = (sent * Decimal(prices["input"]) + received * Decimal(prices["output"])) / 1_000_000
    return Answer(text, str(entry["name"]), str(entry["model"]), sent, received, usd, stop_reason)
