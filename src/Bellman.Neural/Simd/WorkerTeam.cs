namespace Bellman.Neural;

/// <summary>Work cut into tasks that may run in any order, on any thread, with the same result.</summary>
internal interface IParallelWork
{
    /// <param name="phase">Which loop of the work.</param>
    /// <param name="task">Which piece of it.</param>
    /// <param name="worker">Who runs it, from 0: an index for scratch memory.</param>
    void Execute(int phase, int task, int worker);
}

/// <summary>
/// A few threads that wait for loops of tens of microseconds, which is too short for the thread pool: handing over a
/// loop allocates nothing. The calling thread works too, so a team of one starts no thread.
/// </summary>
internal sealed class WorkerTeam(int threads) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim start = new(0);
    private IParallelWork? work;
    private int phase;
    private int tasks;
    private int nextTask;
    private int busy;
    private bool started;
    private bool stopping;

    public int Threads => threads;

    /// <summary>Runs every task and returns when all are done.</summary>
    public void Run(IParallelWork loop, int loopPhase, int count)
    {
        // A second network of the same group, used from another thread meanwhile, simply works alone.
        if (threads == 1 || count == 1 || !gate.TryEnter())
        {
            for (var task = 0; task < count; task++) { loop.Execute(loopPhase, task, 0); }
            return;
        }
        try
        {
            StartThreads();
            var helpers = Math.Min(threads, count) - 1;
            work = loop;
            phase = loopPhase;
            tasks = count;
            nextTask = 0;
            Volatile.Write(ref busy, helpers);
            start.Release(helpers);
            TakeTasks(0);
            var spin = new SpinWait();
            while (Volatile.Read(ref busy) > 0) { spin.SpinOnce(sleep1Threshold: -1); }
        }
        finally
        {
            gate.Exit();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (stopping) { return; }
            stopping = true;
            if (started) { start.Release(threads - 1); }
        }
    }

    private void StartThreads()
    {
        if (started) { return; }
        started = true;
        for (var worker = 1; worker < threads; worker++)
        {
            var id = worker;
            new Thread(() => Work(id)) { IsBackground = true, Name = $"Bellman kernels {id}" }.Start();
        }
    }

    private void Work(int worker)
    {
        while (true)
        {
            start.Wait();
            if (Volatile.Read(ref stopping)) { return; }
            TakeTasks(worker);
            Interlocked.Decrement(ref busy);
        }
    }

    private void TakeTasks(int worker)
    {
        var loop = work;
        if (loop is null) { return; }
        for (int task; (task = Interlocked.Increment(ref nextTask) - 1) < tasks;) { loop.Execute(phase, task, worker); }
    }
}
