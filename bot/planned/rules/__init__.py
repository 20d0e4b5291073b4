"""When planned rotations begin, and what keeps them from it: providers that people stop, runs that failed. Pure."""
