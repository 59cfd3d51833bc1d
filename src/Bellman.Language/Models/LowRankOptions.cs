using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>Low-rank adapters (Hu et al. 2021): y = W x + (alpha / rank) B (A x), with W frozen.</summary>
public sealed record LowRankOptions
{
    /// <summary>Rows of A: more can express more and cost more.</summary>
    [Description("Rank of the adapters: more can express more and cost more.")]
    [Range(1, 4096)]
    public int Rank { get; init; } = 8;

    /// <summary>The adapters' part is multiplied by alpha / rank.</summary>
    [Description("The adapters' part is multiplied by alpha / rank: raising it acts like a larger learning rate.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 16;

    /// <summary>Which projections get adapters, by the last part of their names.</summary>
    [Description("Projections that get adapters: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj.")]
    public string[] Targets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>Projections that can be targets.</summary>
    internal static readonly string[] Projections = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    internal double Scale => Alpha / Rank;

    internal LowRankOptions Validated()
    {
        OptionSet.Validated(this, "low-rank adapters");
        if (Targets.Length == 0) { throw new UsageException($"Low-rank adapters need at least one target. Targets are: {string.Join(", ", Projections)}."); }
        foreach (var target in Targets)
        {
            if (!Projections.Contains(target)) { throw NearNames.Unknown("target of low-rank adapters:", target, Projections, $"Targets are: {string.Join(", ", Projections)}."); }
        }
        return this;
    }
}
