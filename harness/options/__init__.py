"""What commands take: a module for each group of them. `register` there adds its commands to the command line.

It is read for every command and by every shell that completes one, so it imports the standard library and what is said
of operations, and names what a command runs as `module:function`.
"""
