"""What Atrium costs: measurements, never assertions."""
