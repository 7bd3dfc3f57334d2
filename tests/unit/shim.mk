# Unit tests of shim.
