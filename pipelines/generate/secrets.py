"""Keys taken from the environment by name, and masked in whatever is shown or kept."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mundap.errors import ConfigError
from pipelines.generate.settings import GenerateSettings

MASK = "***"


class Secrets:
    """The keys of a run by the name of their variable; its repr shows only the names."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        # Longest first: a key that begins another must not leave the other's end standing.
        self._order = sorted(set(self._values.values()), key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    def value(self, name: str) -> str:
        """Return a key; "" for the name "", a server that wants none."""
        return self._values[name] if name else ""

    def masked(self, text: str) -> str:
        """Return a text without any key in it."""
        for value in self._order:
            text = text.replace(value, MASK)
        return text


def secrets_of(settings: GenerateSettings, env: Mapping[str, str] | None = None) -> Secrets:
    """Return the keys of all endpoints.

    Raises:
        ConfigError: variables are not set (all of them are named), or two hold the same key.
    """
    found = os.environ if env is None else env
    places = {key.env: f"generate.providers.{at}.keys" for at, provider in enumerate(settings.providers)
              if provider.base_url for key in provider.keys if key.env}
    missing = [name for name in places if not found.get(name, "").strip()]
    if missing:
        raise ConfigError(f"not set in the environment: {', '.join(missing)}", where=places[missing[0]],
                          fix=f"Set it before starting: export {missing[0]}=…   (the key itself never goes into YAML)\n"
                              "Or take the key out of data.yaml.")
    values = {name: found[name].strip() for name in places}
    for name, value in values.items():
        same = [other for other in values if other != name and values[other] == value and places[other] == places[name]]
        if same:
            raise ConfigError(f"{name} and {same[0]} hold the same key: its limits would be taken for two keys'.",
                              where=places[name], fix="Take one of them out of data.yaml.")
    return Secrets(values)
