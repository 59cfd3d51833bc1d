namespace Bellman.Algorithms;

/// <summary>
/// Plays the policy in its environments and writes down what happens: rollouts of a fixed length, or whole episodes.
/// The policy does not change meanwhile.
/// </summary>
public sealed class RolloutCollector : IStateful, IDisposable
{
    private readonly VectorEnvironment environment;
    private readonly ObservationEncoder encoder;
    private readonly ActorCritic model;
    private readonly ActionHead head;
    private readonly RandomStream actionStream;
    private readonly RandomStream episodeStream;
    private readonly int noiseSteps;
    private readonly bool masked;
    private readonly PolicyMemory memory;
    private readonly PolicyMemory initialMemory;
    private readonly PolicyMemory finalMemory;
    private readonly bool[] begins;
    private readonly float[] outputs;
    private readonly float[] finalEncoded;
    private readonly float[] finalValues;
    private readonly int[] finalCopies;
    private readonly int[] episodesLeft;
    private readonly int[] episodeLength;
    private long steps;
    private long resets;

    /// <summary>Resets the environments and is ready to collect.</summary>
    /// <param name="environment">The copies; it owns them from now on.</param>
    /// <param name="encoder">Turns observations into what the model reads.</param>
    /// <param name="model">The policy.</param>
    /// <param name="random">Stream whose children "action" and "environments" serve the policy and the copies.</param>
    /// <param name="noiseSteps">Steps that noise lasts for, where the policy's distribution keeps it.</param>
    public RolloutCollector(VectorEnvironment environment, ObservationEncoder encoder, ActorCritic model, RandomStream random, int noiseSteps)
    {
        this.noiseSteps = noiseSteps;
        this.environment = environment;
        this.encoder = encoder;
        this.model = model;
        head = model.Head;
        actionStream = random.Child("action");
        episodeStream = random.Child("episodes");
        environment.Reset(random.Child("environments"));
        var copies = environment.Count;
        masked = environment.WriteActionMasks(new bool[copies * environment.ActionSpace.FlatSize]);
        Rollout = new Rollout(copies, encoder.Size, head.ActionSize, masked ? head.Outputs : 0);
        memory = new PolicyMemory(copies, model.MemorySizes);
        initialMemory = new PolicyMemory(copies, model.MemorySizes);
        finalMemory = new PolicyMemory(copies, model.MemorySizes);
        begins = new bool[copies];
        outputs = new float[copies * head.Outputs];
        finalEncoded = new float[copies * encoder.Size];
        finalValues = new float[copies];
        finalCopies = new int[copies];
        episodesLeft = new int[copies];
        episodeLength = new int[copies];
    }

    /// <summary>What was collected last.</summary>
    public Rollout Rollout { get; }

    /// <summary>What each copy remembered when the last rollout began.</summary>
    public PolicyMemory InitialMemory => initialMemory;

    /// <summary>Environment steps taken so far, over all copies.</summary>
    public long Steps => steps;

    /// <summary>Whether some actions can be unavailable; <see cref="Rollout.Masks"/> then says which.</summary>
    public bool Masked => masked;

    /// <summary>Takes <paramref name="length"/> steps in every copy.</summary>
    public void Collect(int length, IMetricSink metrics)
    {
        Begin();
        Rollout.SetSteps(length);
        for (var t = 0; t < length; t++) { Step(t, metrics); }
        EncodeLast();
    }

    /// <summary>
    /// Plays <paramref name="episodes"/> episodes from their beginnings, dealt to the copies in advance: those that end first
    /// would be the short ones. A copy that has played its share goes on unread.
    /// </summary>
    /// <param name="episodes">How many, at least 1.</param>
    /// <param name="longest">Steps after which an episode is cut, and bootstraps.</param>
    /// <param name="metrics">Hears of every episode.</param>
    /// <param name="rows">Receives the rows that belong to the episodes, in order of time.</param>
    public void CollectEpisodes(int episodes, int longest, IMetricSink metrics, List<int> rows)
    {
        var copies = environment.Count;
        rows.Clear();
        environment.Reset(episodeStream.Child("episode", resets++));
        memory.Clear();
        Begin();
        Array.Clear(episodesLeft);
        Array.Clear(episodeLength);
        for (var i = 0; i < episodes; i++) { episodesLeft[i % copies]++; }
        var playing = episodes;
        for (var t = 0; playing > 0; t++)
        {
            Rollout.SetSteps(t + 1);
            Step(t, metrics);
            for (var i = 0; i < copies; i++)
            {
                if (episodesLeft[i] == 0) { continue; }
                var row = t * copies + i;
                rows.Add(row);
                if (++episodeLength[i] == longest && !Rollout.Done[row]) { Cut(row, i); }
                if (!Rollout.Done[row]) { continue; }
                episodeLength[i] = 0;
                episodesLeft[i]--;
                playing--;
            }
        }
        EncodeLast();
    }

    /// <summary>Values, advantages and returns of the last rollout (foundations 3.1, generalised advantage estimation).</summary>
    /// <param name="gamma">Discount.</param>
    /// <param name="lambda">Trace decay.</param>
    public void EstimateAdvantages(double gamma, double lambda)
    {
        var (count, copies) = (Rollout.Count, environment.Count);
        if (model.IsRecurrent)
        {
            // The values of the steps were computed on the way; what follows the last is looked at without living it.
            finalMemory.CopyFrom(memory);
            model.Value(Rollout.Observations.AsSpan(count * encoder.Size, copies * encoder.Size), copies, finalMemory, Rollout.Values.AsSpan(count, copies));
        }
        else
        {
            // The critic did not change while collecting: one large batch gives every value at once.
            model.Value(Rollout.Observations.AsSpan(0, (count + copies) * encoder.Size), count + copies, memory, Rollout.Values.AsSpan(0, count + copies));
        }
        for (var row = 0; row < count; row++)
        {
            if (!Rollout.Done[row]) { Rollout.NextValues[row] = Rollout.Values[row + copies]; }
        }
        Estimate(gamma, lambda);
    }

    /// <summary>As <see cref="EstimateAdvantages"/> where the value of everything is taken to be 0: advantages are returns.</summary>
    public void EstimateReturns(double gamma)
    {
        Array.Clear(Rollout.Values);
        Array.Clear(Rollout.NextValues);
        Estimate(gamma, 1);
    }

    /// <summary>Explained variance of the returns by the values, over the last rollout; NaN if the returns do not vary.</summary>
    public double ExplainedVariance() => AdvantageEstimation.ExplainedVariance(Rollout.Returns.AsSpan(0, Rollout.Count), Rollout.Values.AsSpan(0, Rollout.Count));

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(resets), ref resets);
        state.Part(nameof(environment), environment);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(episodeStream), episodeStream);
        state.Part(nameof(memory), memory);
    }

    /// <inheritdoc/>
    public void Dispose() => environment.Dispose();

    private void Begin()
    {
        initialMemory.CopyFrom(memory);
        Array.Clear(begins);
    }

    private void EncodeLast() => encoder.Encode(environment.Observations, environment.Count, Rollout.Observations.AsSpan(Rollout.Count * encoder.Size));

    private void Step(int t, IMetricSink metrics)
    {
        var copies = environment.Count;
        encoder.Observe(environment.Observations, copies);
        var encoded = Rollout.Observations.AsSpan(t * copies * encoder.Size, copies * encoder.Size);
        encoder.Encode(environment.Observations, copies, encoded);
        ChooseActions(t, encoded);
        environment.Step();
        var ended = false;
        for (var i = 0; i < copies; i++)
        {
            var row = t * copies + i;
            Rollout.Begins[row] = begins[i];
            Rollout.Rewards[row] = environment.Rewards[i];
            Rollout.Terminated[row] = environment.Terminated[i];
            Rollout.NextValues[row] = 0;
            var done = Rollout.Done[row] = begins[i] = environment.Terminated[i] || environment.Truncated[i];
            if (!done) { continue; }
            ended = true;
            metrics.Episode(environment.EpisodeReturns[i], environment.EpisodeLengths[i]);
        }
        if (ended)
        {
            BootstrapTruncated(t);
            memory.Forget(begins);
        }
        steps += copies;
    }

    private void ChooseActions(int t, ReadOnlySpan<float> encoded)
    {
        var copies = environment.Count;
        model.Step(encoded, copies, memory, outputs, model.IsRecurrent ? Rollout.Values.AsSpan(t * copies, copies) : default);
        var masks = masked ? Rollout.Masks.AsSpan(t * copies * head.Outputs, copies * head.Outputs) : default;
        if (masked) { environment.WriteActionMasks(masks); }
        var free = model.Free;
        if (t % noiseSteps == 0) { head.DrawNoise(copies, free, actionStream); }
        for (var i = 0; i < copies; i++)
        {
            var row = t * copies + i;
            var parameters = outputs.AsSpan(i * head.Outputs, head.Outputs);
            if (masked) { head.Mask(parameters, masks.Slice(i * head.Outputs, head.Outputs)); }
            var action = Rollout.Actions.AsSpan(row * head.ActionSize, head.ActionSize);
            Rollout.LogProbabilities[row] = head.ExploreAndScore(i, parameters, free, actionStream, action);
            head.ToEnvironment(action, environment.Action(i));
        }
    }

    /// <summary>An episode that was cut short still has the value of its final observation.</summary>
    private void BootstrapTruncated(int t)
    {
        var count = 0;
        for (var i = 0; i < environment.Count; i++)
        {
            if (!environment.Truncated[i] || environment.Terminated[i]) { continue; }
            encoder.Encode(environment.FinalObservation(i), 1, finalEncoded.AsSpan(count * encoder.Size));
            finalCopies[count++] = i;
        }
        if (count == 0) { return; }
        finalMemory.Gather(memory, finalCopies.AsSpan(0, count));
        model.Value(finalEncoded.AsSpan(0, count * encoder.Size), count, finalMemory, finalValues.AsSpan(0, count));
        for (var k = 0; k < count; k++) { Rollout.NextValues[t * environment.Count + finalCopies[k]] = finalValues[k]; }
    }

    /// <summary>Ends an episode that the environment would go on with, as a time limit would.</summary>
    private void Cut(int row, int copy)
    {
        encoder.Encode(environment.Observation(copy), 1, finalEncoded);
        model.Value(finalEncoded.AsSpan(0, encoder.Size), 1, finalMemory, finalValues.AsSpan(0, 1));
        Rollout.NextValues[row] = finalValues[0];
        Rollout.Done[row] = true;
    }

    private void Estimate(double gamma, double lambda)
    {
        var count = Rollout.Count;
        AdvantageEstimation.Generalized(Rollout.Rewards.AsSpan(0, count), Rollout.Values.AsSpan(0, count), Rollout.NextValues.AsSpan(0, count),
            Rollout.Terminated.AsSpan(0, count), Rollout.Done.AsSpan(0, count), environment.Count, gamma, lambda, Rollout.Advantages);
        for (var row = 0; row < count; row++) { Rollout.Returns[row] = Rollout.Advantages[row] + Rollout.Values[row]; }
    }
}
