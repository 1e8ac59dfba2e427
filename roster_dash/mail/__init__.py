"""WHOM WE TELL: filling a mail's templates and handing it to the mail server."""
