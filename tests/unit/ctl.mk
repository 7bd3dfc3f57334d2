# Unit tests of ctl.
