"""The real-time engine: consumers, groups, presence and connections.

You do not need to change this app to work on the site. Import `JsonConsumer` and `FrameError` from
`realtime.consumers`, `send_to_group` and `send_to_user` from `realtime.send`, and the tools for
tests from `realtime.testing`; docs/realtime.md describes them.
"""
