"""The ways in which OVHcloud takes messages, each behind the seam `Transport`."""
