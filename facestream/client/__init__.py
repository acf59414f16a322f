"""The other end of the socket: what the page does, in Python. Knows no engine and no TensorFlow.

It shares the wire messages with the server (`facestream.server.protocol`), and nothing else of it.
"""
