"""A provider of losses and gains with the services alone that a project is judged by."""

from dataclasses import replace

from ecoval.errors import InputError


class Some:
    """A provider with some of its services.

    Parameters
    ----------
    provider : States or Densities
    services : vector (services), 1
    """

    def __init__(self, provider, services):
        self._provider, self._services = provider, tuple(services)
        known = provider.items["service"].astype(str)
        names = {*known, *(name.partition(":")[0] for name in known)}
        absent = [name for name in self._services if name not in names]
        if absent:
            from ecoval.terms import nearest

            raise InputError("offset_service_unknown", services=absent, nearest=nearest(absent[0], sorted(names)) or "-")

    def __getattr__(self, name):
        """What the provider has."""
        return getattr(self._provider, name)

    @property
    def items(self):
        """Items of the services that are judged."""
        return self._kept(self._provider.items)

    def flows(self, *given, **named):
        """Flows of the services that are judged."""
        return self._kept(self._provider.flows(*given, **named))

    def differences(self, *given, **named):
        """Differences of the services that are judged."""
        return self._kept(self._provider.differences(*given, **named))

    def outcome(self, *given, **named):
        """Outcome of the services that are judged."""
        made = self._provider.outcome(*given, **named)
        wanted = set(self.items["service"])
        columns = [place for place, name in enumerate(made.services) if name in wanted]
        arrays = {name: getattr(made, name)[:, columns] for name in ("quantity", "valid", "missing", "out_of_scope")}
        moves = {key: change for key, change in made.moves.items() if key[0] in wanted}
        named = {"services": [made.services[c] for c in columns], "uoms": [made.uoms[c] for c in columns], "moves": moves}
        return replace(made, **named, **arrays)

    def _kept(self, table):
        name = table["service"].astype(str)
        wanted = name.isin(self._services) | name.str.partition(":")[0].isin(self._services)
        return table[wanted].reset_index(drop=True)
