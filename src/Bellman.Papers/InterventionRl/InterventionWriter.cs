using Bellman.Algorithms.Imitation;

namespace Bellman.Papers.InterventionRl;

/// <summary>Takes a transition with its reward r~.</summary>
public delegate void LabelledSink(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, ReadOnlySpan<float> next, bool terminated);

/// <summary>
/// Rewards made of interventions alone: -1 for the transition right before the expert takes over, 0 for every other. A transition is written
/// one step late, because its label depends on the next decision. An intervention in the first step has no predecessor and costs nothing.
/// </summary>
/// <param name="store">Which are written.</param>
/// <param name="label">Which are worth -1.</param>
/// <param name="labelCurrent">Writes the refused proposal too: (s, proposal, s, -1), ending there.</param>
/// <param name="observationSize">Floats of an observation.</param>
/// <param name="actionSize">Floats of an action.</param>
/// <param name="sink">Where they go.</param>
public sealed class InterventionWriter(InterventionStore store, InterventionLabel label, bool labelCurrent, int observationSize, int actionSize, LabelledSink sink) : IStateful
{
    private readonly float[] observation = new float[observationSize];
    private readonly float[] action = new float[actionSize];
    private readonly float[] next = new float[observationSize];
    private bool pending;
    private bool byExpert;

    /// <summary>A step was taken.</summary>
    /// <param name="from">s.</param>
    /// <param name="proposed">The learner's action, executed or not.</param>
    /// <param name="executed">The action taken.</param>
    /// <param name="to">s'.</param>
    /// <param name="result">How the step ended; its task reward is not read.</param>
    /// <param name="turn">Who acted.</param>
    public void Step(ReadOnlySpan<float> from, ReadOnlySpan<float> proposed, ReadOnlySpan<float> executed, ReadOnlySpan<float> to, StepResult result, Turn turn)
    {
        if (pending && (store == InterventionStore.All || turn.Begins || !turn.Expert)) { Write(turn.Begins, terminated: false); }
        if (turn.Begins && labelCurrent) { sink(from, proposed, -1, from, true); }
        from.CopyTo(observation);
        executed.CopyTo(action);
        to.CopyTo(next);
        (pending, byExpert) = (true, turn.Expert);
        if (!result.Done) { return; }
        if (store == InterventionStore.All) { Write(penalised: false, result.Terminated); }
        pending = false;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<float>(nameof(observation), observation);
        state.Array<float>(nameof(action), action);
        state.Array<float>(nameof(next), next);
        state.Value(nameof(pending), ref pending);
        state.Value(nameof(byExpert), ref byExpert);
    }

    private void Write(bool penalised, bool terminated)
    {
        var reward = (label == InterventionLabel.Before ? penalised : byExpert) ? -1f : 0f;
        sink(observation, action, reward, next, terminated);
    }
}
