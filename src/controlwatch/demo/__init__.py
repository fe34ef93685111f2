"""Sample regulators and stand-ins on loopback: for the demo and for the tests."""
