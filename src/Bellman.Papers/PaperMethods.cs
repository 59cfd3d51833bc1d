using Bellman.Language;

namespace Bellman.Papers;

/// <summary>The papers' methods that are put on another after a plus sign: <c>bellman posttrain --method grpo+thr</c>. A new one adds one line.</summary>
public static class PaperMethods
{
    /// <summary>The methods, by key, which is the paper's slug.</summary>
    public static IReadOnlyList<MethodAddition> All { get; } =
    [
    ];
}
