# Unit tests of vplamad.
