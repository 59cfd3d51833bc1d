namespace Bellman.Algorithms;

/// <summary>Options of <see cref="A2c"/>.</summary>
public sealed record A2cOptions : RolloutOptions
{
    /// <summary>Defaults that suit small tasks.</summary>
    public A2cOptions()
    {
        Copies = 16;
        RolloutSteps = 8;
        LearningRate = 1e-3;
        NormalizeAdvantages = false;
    }
}
