"""What builds and shows Warden but is not part of it: table generators, the local cloud of the demo and the tests."""
