"""The collectors: what this machine's own tools say of the practices. They run in a process of their own."""
