using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Steps over data that lie ready: every pass shuffled, one optimiser step a batch. What the loss is, a derived trainer says.
/// </summary>
public abstract class OfflineTrainer : ITrainee
{
    private readonly RandomStream random;
    private readonly TensorOptimizer optimizer;
    private readonly GradientParts parts;
    private int[] order = [];
    private long orderOf = -1;
    private long steps;
    private long position;

    /// <summary>A trainer of <paramref name="trainable"/>.</summary>
    private protected OfflineTrainer(ILanguageModel model, IReadOnlyList<NamedTensor> trainable, OfflineTrainingOptions options, ulong seed)
    {
        Options = OptionSet.Validated(options, "offline training");
        parts = new GradientParts(options.TokensAtOnce);
        Model = options.TokensAtOnce > 0 ? new PartedModel(model, parts) : model;
        random = RandomStream.Create(seed, "offline-training");
        optimizer = options.CreateOptimizer(trainable);
    }

    /// <inheritdoc/>
    public abstract string Algorithm { get; }

    /// <summary>The model that is trained.</summary>
    public ILanguageModel Model { get; }

    /// <summary>How.</summary>
    public OfflineTrainingOptions Options { get; }

    /// <summary>The learning rate by step, in place of the options' own; null for those.</summary>
    public ISchedule? Schedule { get; init; }

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public (string Observations, string Actions) Interface => ($"tokens up to {Model.ContextLength}", $"{Model.VocabularySize} tokens");

    /// <summary>Number of examples.</summary>
    protected abstract int Count { get; }

    /// <summary>State of the derived trainer's own, beside the model; null for none.</summary>
    protected virtual IStateful? OwnState => null;

    /// <summary>The loss of the examples with these numbers.</summary>
    protected abstract Tensor Loss(int[] batch, IMetricSink metrics);

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        using var turn = TorchTurn.Take();
        TorchRuntime.UseThreads(Options.Threads);
        using var scope = NewDisposeScope();
        var loss = Loss(NextBatch(), metrics);
        steps++;
        metrics.Add("loss/total", loss.ToDouble());
        if (!double.IsFinite(loss.ToDouble()) || !loss.requires_grad)
        {
            parts.Forget();
            return;
        }
        optimizer.ZeroGradients();
        loss.backward();
        parts.Backward();
        var rate = Schedule?.Value(steps - 1)
            ?? Options.Decayed(Options.LearningRate, steps - 1);
        var norm = optimizer.Step(rate, Options.MaximumGradientNorm);
        metrics.Add(double.IsFinite(norm) ? "gradient/norm" : "loss/gradient_norm", norm);
        AfterStep();
    }

    /// <summary>Called when the optimiser has stepped, e.g. to let targets follow.</summary>
    protected virtual void AfterStep() { }

    /// <summary>Takes <paramref name="count"/> steps.</summary>
    public void Run(int count, IMetricSink? metrics = null, CancellationToken cancellation = default)
    {
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Advance(metrics ?? NoMetrics.Instance);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(position), ref position);
        state.Part("model", Model);
        state.Part("optimizer", optimizer);
        if (OwnState is { } own) { state.Part("own", own); }
    }

    /// <summary>Frees the optimiser; the model stays the caller's.</summary>
    public void Dispose()
    {
        optimizer.Dispose();
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the derived trainer made.</summary>
    protected virtual void Release() { }

    private int[] NextBatch()
    {
        if (Options.BatchSize >= Count) { return [.. Enumerable.Range(0, Count)]; }
        var batch = new int[Options.BatchSize];
        for (var i = 0; i < batch.Length; i++, position++)
        {
            var pass = position / Count;
            if (orderOf != pass)
            {
                // The order of a pass follows from its number alone.
                order = [.. Enumerable.Range(0, Count)];
                random.Child("pass", pass).Shuffle<int>(order);
                orderOf = pass;
            }
            batch[i] = order[position % Count];
        }
        return batch;
    }
}
