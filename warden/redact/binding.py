from warden.redact.vault import Binding


def of(rule, host, path):
    return Binding((host,), ("body",))
