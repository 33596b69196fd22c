-- One scan of a code: when it was first seen, and how often by now.
-- KEYS[1]: of the code. ARGV[1]: milliseconds since 1970.
redis.call('HSETNX', KEYS[1], 'first', ARGV[1])
return {redis.call('HINCRBY', KEYS[1], 'scans', 1), redis.call('HGET', KEYS[1], 'first')}
