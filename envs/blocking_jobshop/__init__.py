"""The blocking job shop: no room between machines, jobs that may swap machines, machines that shut down."""
