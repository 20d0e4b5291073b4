"""The programs that read a secret: a contract, and a folder for each kind. README.md says how to add one."""
