"""What an installation has decided about its rotations outside any run, and when each of them begins."""
