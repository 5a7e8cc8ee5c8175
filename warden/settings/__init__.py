"""Reading the configuration: from files and flags to one frozen :class:`warden.config.Config` that knows where each value came from.

- ``files`` finds, reads and merges the sources: built-in defaults, the machine's, the user's, the project's, flags;
- ``nodes`` reads one YAML file as nodes with line numbers, within bounds;
- ``values`` has one row per key: what its value may be, and whether a project may say it;
- ``trust`` remembers which project files the user has read and trusts, by their content;
- ``reference`` writes the JSON schema and ``docs/configuration.md``.

:mod:`warden.config` is the schema itself and imports none of this, so that everything else can speak of a `Config` without reading files.
"""
