# The entry server: what publishes the peers that last, and what serves it.
