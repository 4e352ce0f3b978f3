"""Whole processes, timed from outside: CPU (user + system), wall and peak memory of each run, commands in turn so that the
machine's drift hits both alike. Medians are what is quoted."""
import os
import resource
import signal
import statistics
import threading
import time


class Run:
    def __init__(self, cpu, wall, peak_kib, code):
        self.cpu, self.wall, self.peak_kib, self.code = cpu, wall, peak_kib, code


def run_once(argv, timeout):
    """One run, reaped by wait4 so that the figures are the child's own. posix_spawn: a forked copy of this interpreter would be
    charged to the child before it is the program."""
    null = os.open(os.devnull, os.O_RDWR)
    started = time.monotonic()
    child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)])
    killer = threading.Timer(timeout, os.kill, (child, signal.SIGKILL))
    killer.start()
    _, status, usage = os.wait4(child, 0)
    killer.cancel()
    os.close(null)
    return Run(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


def peak_floor_mib():
    """What a run's peak memory cannot be seen to be below: the kernel counts the image that the program is started from."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Figures:
    """Medians over the runs of one command; failed: it did not exit 0 (its exit code, or minus the signal)."""

    def __init__(self, runs):
        self.cpu = statistics.median(run.cpu for run in runs)
        self.wall = statistics.median(run.wall for run in runs)
        self.peak_mib = statistics.median(run.peak_kib for run in runs) / 1024
        self.failed = next((run.code for run in runs if run.code != 0), 0)


def in_turn(commands, runs=5, timeout=300):
    """Medians for each command, run A B A B … after one warm-up each; slow or failing ones are run once."""
    results = [[] for _ in commands]
    settled = [False] * len(commands)
    for index, argv in enumerate(commands):
        first = run_once(argv, timeout)
        if first.cpu > 10 or first.code != 0:
            results[index].append(first)
            settled[index] = True
    for _ in range(runs):
        for index, argv in enumerate(commands):
            if not settled[index]:
                results[index].append(run_once(argv, timeout))
    return [Figures(each) for each in results]
