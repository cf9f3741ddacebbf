"""Cases: the reader of case files, cases made of files named on the command line, and the file to start from."""
