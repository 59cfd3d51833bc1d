using Bellman.Algorithms;
using Bellman.Papers.EdgeOfReach;

namespace Bellman.Papers;

/// <summary>The papers' algorithms that <c>bellman train</c> knows beside the standard ones. A new one adds one line.</summary>
public static class PaperAlgorithms
{
    /// <summary>The algorithms, by name.</summary>
    public static IReadOnlyList<AlgorithmRegistration> All { get; } =
    [
        new("ravl", "RAVL: rollouts in a model of the data, valued by the minimum of many diverse critics, which is low where no rollout acts; offline.",
            OptionSet.Of<RavlOptions>("algorithm ravl"), request => Ravl.Create(request, AlgorithmRegistry.ReadData("ravl", (RavlOptions)request.Options))),
    ];
}
