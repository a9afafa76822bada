#!/bin/sh
# First program of a private libvirt host, inside fresh mount, PID, network and UTS namespaces; started by daemon.ts.
# $1 is the host's own directory. Standard input carries commands, each answered by its name; the end of it ends the
# host, and the kernel then kills everything in it, guests included, however the tests ended.
set -eu
dir=$1
mount --make-rprivate /
mount -t proc -o nosuid,nodev,noexec proc /proc
# On machines where /var/run is a real directory both names must lead to the same place.
[ -L /var/run ] || mount --bind "$dir/run" /var/run
mount --bind "$dir/run" /run
for each in etc/libvirt var/lib/libvirt var/log/libvirt var/cache/libvirt; do
  mount --bind "$dir/$each" "/$each"
done
# A file system that is full after four pages, for guests that must meet that.
mount -t tmpfs -o size=16k small "$dir/small"
# Relative paths of hostile or careless callers end up here.
cd "$dir"
hostname "$(cat "$dir/hostname")"
ip link set lo up
virtlogd --daemon
pid=
while read -r command signal file; do
  case $command in
    # --listen where the host has been given certificates for it.
    start)
      listen=
      [ ! -e "$dir/listen" ] || listen=--listen
      libvirtd $listen >>"$dir/libvirtd.out" 2>&1 </dev/null & pid=$! ;;
    stop) kill -TERM "$pid"; wait "$pid" 2>/dev/null || true ;;
    kill) kill -KILL "$pid"; wait "$pid" 2>/dev/null || true ;;
    freeze) kill -STOP "$pid" ;;
    thaw) kill -CONT "$pid" ;;
    signal) kill "-$signal" "$(cat "$file")" ;;
  esac
  echo "$command"
done
# Also when nobody is left to tidy up: a test run that was killed leaves no directory behind.
umount "$dir/small" || true
cd /
rm -rf --one-file-system "$dir" || true
