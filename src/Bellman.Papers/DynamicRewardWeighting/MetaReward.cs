using Bellman.Language;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>The paper's first method on numbers: a factor on all rewards that is larger after a checkpoint that enlarged the front of this run.</summary>
public sealed class MetaReward : IStateful
{
    private const int ScaleFrom = 5;

    private readonly DynamicRewardWeightingOptions options;
    private readonly bool[] maximise;
    private readonly double[] scale;
    private double[] reference = [];
    private double[] buffer = [];
    private double[] growths = [];
    private double factor = 1;

    /// <summary>A factor of 1 until two checkpoints were seen.</summary>
    /// <param name="options">Base, gain and scales.</param>
    /// <param name="maximise">Each validation objective's orientation.</param>
    /// <exception cref="UsageException">Scales and orientations differ in number, or there are fewer than two.</exception>
    public MetaReward(DynamicRewardWeightingOptions options, IReadOnlyList<bool> maximise)
    {
        if (maximise.Count < 2) { throw new UsageException($"There are {maximise.Count} validation objectives; a front has two or more."); }
        if (options.ObjectiveScale.Length > 0 && options.ObjectiveScale.Length != maximise.Count) { throw new UsageException($"objectiveScale has {options.ObjectiveScale.Length} entries and there are {maximise.Count} validation objectives. Give one for each."); }
        (this.options, this.maximise) = (options, [.. maximise]);
        scale = options.ObjectiveScale.Length > 0 ? options.ObjectiveScale : [.. maximise.Select(_ => 1.0)];
    }

    /// <summary>c of the next step.</summary>
    public double Factor => factor;

    /// <summary>dHV of the last checkpoint, before scaling.</summary>
    public double Growth { get; private set; }

    /// <summary>Checkpoints on the front so far.</summary>
    public int Kept => reference.Length == 0 ? 0 : buffer.Length / reference.Length;

    /// <summary>c = base + gain tanh(max(dHV, 0)).</summary>
    public static double Of(double growth, double metaBase = 0.5, double metaGain = 1.5) => metaBase + metaGain * Math.Tanh(Math.Max(growth, 0));

    /// <summary>Sees a checkpoint's validation vector; the first is the reference point.</summary>
    /// <exception cref="UsageException">It has another number of objectives than orientations were given for, or holds NaN.</exception>
    public void See(IReadOnlyList<double> vector)
    {
        if (vector.Count != maximise.Length) { throw new UsageException($"The validation vector has {vector.Count} objectives and there are {maximise.Length} orientations. Give one orientation for each."); }
        if (vector.Any(double.IsNaN)) { throw new UsageException($"The validation vector is ({string.Join(", ", vector)}): it cannot be compared. Correct the validation's rewards."); }
        double[] point = [.. vector.Select((value, i) => (maximise[i] ? value : -value) / scale[i])];
        if (reference.Length == 0)
        {
            reference = point;
            return;
        }
        var front = buffer.Chunk(reference.Length).ToList();
        // dHV = HV(B + {v}; b) - HV(B; b)
        Growth = ParetoFront.Hypervolume([.. front, point], reference) - ParetoFront.Hypervolume(front, reference);
        factor = Of(Growth * Scale(), options.MetaBase, options.MetaGain);
        if (Growth <= 0) { return; }
        front.Add(point);
        // What is dominated adds no volume.
        buffer = [.. ParetoFront.NonDominated(front).SelectMany(i => front[i])];
    }

    private double Scale()
    {
        if (options.HypervolumeScale is { } given) { return given; }
        if (Growth > 0 && growths.Length < ScaleFrom) { growths = [.. growths, Growth]; }
        if (growths.Length == 0) { return 1; }
        var sorted = growths.Order().ToArray();
        return 2 / (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.List(nameof(reference), ref reference);
        state.List(nameof(buffer), ref buffer);
        state.List(nameof(growths), ref growths);
        state.Value(nameof(factor), ref factor);
    }
}
