-- Until now the type of a cluster had no effect, and every type came from a first host or was never looked at: they follow their hosts.

update cluster set settings = settings || '{"cpuTypeFromHosts": true}';
