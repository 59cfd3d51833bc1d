namespace Bellman.Environments;

/// <summary>One copy of a classic control task: its state, stepped in one lane.</summary>
/// <typeparam name="TTask">Its equations.</typeparam>
internal sealed unsafe class SingleCopy<TTask> where TTask : struct, IClassicTask
{
    private readonly double[] state = new double[TTask.Variables];

    /// <summary>The variables, in the task's order.</summary>
    public double[] State => state;

    public void Reset(RandomStream random, Span<float> observation)
    {
        TTask.Begin(random, state);
        Observe(observation);
    }

    public StepResult Step(float action, Span<float> observation)
    {
        double reward;
        bool terminated;
        fixed (double* variables = state)
        {
            reward = TTask.Step(new StateRows<Lane>(variables, 1), action, out var ended).Value;
            terminated = Lane.Bits(ended) != 0;
        }
        Observe(observation);
        return new StepResult(reward, terminated);
    }

    private void Observe(Span<float> observation)
    {
        // A span too short for the space is refused here, before it is written without a check.
        observation = observation[..TTask.Components];
        fixed (double* variables = state)
        fixed (float* shown = observation)
        {
            TTask.Observe(new StateRows<Lane>(variables, 1), new ObservationRows<Lane>(shown));
        }
    }
}

/// <summary>A single environment whose state the batched form reads and writes, so that both have one saved form.</summary>
internal interface IClassicEnvironment : IEnvironment
{
    /// <summary>The variables, in the task's order.</summary>
    double[] State { get; }
}
