"""What schemathesis may send: header values that HTTP allows. Others never reach the service: its HTTP parser answers
them with a bare 400."""

import schemathesis


def _sendable(value) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


@schemathesis.hook
def filter_headers(context, headers) -> bool:
    return headers is None or all(_sendable(value) for value in headers.values())
