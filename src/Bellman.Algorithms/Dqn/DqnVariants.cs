namespace Bellman.Algorithms;

/// <summary><see cref="Dqn"/> with the defaults of C51 (Bellemare et al. 2017): categorical returns.</summary>
public sealed record C51Options : DqnOptions
{
    /// <summary>Categorical returns.</summary>
    public C51Options()
    {
        Returns = ReturnKind.Categorical;
        DoubleQ = false;
        AdamEpsilon = 1e-4;
    }
}

/// <summary><see cref="Dqn"/> with the defaults of QR-DQN (Dabney et al. 2018a): quantile returns.</summary>
public sealed record QrDqnOptions : DqnOptions
{
    /// <summary>Quantile returns.</summary>
    public QrDqnOptions()
    {
        Returns = ReturnKind.Quantile;
        DoubleQ = false;
        AdamEpsilon = 1e-4;
    }
}

/// <summary>
/// <see cref="Dqn"/> with the defaults of IQN (Dabney et al. 2018b): implicit quantiles, eight probabilities a pass for
/// the prediction, the target and the choice of actions alike.
/// </summary>
public sealed record IqnOptions : DqnOptions
{
    /// <summary>Implicit quantiles.</summary>
    public IqnOptions()
    {
        Returns = ReturnKind.Implicit;
        Quantiles = 8;
        DoubleQ = false;
        AdamEpsilon = 1e-4;
    }
}

/// <summary>
/// <see cref="Dqn"/> with every extension of Rainbow (Hessel et al. 2018): double, duelling, prioritised, three-step,
/// categorical and noisy.
/// </summary>
public sealed record RainbowOptions : DqnOptions
{
    /// <summary>All of them; the noise explores, so no action is taken at random.</summary>
    public RainbowOptions()
    {
        Returns = ReturnKind.Categorical;
        Duelling = true;
        Prioritized = true;
        PriorityExponent = 0.5;
        MultiStep = 3;
        Noisy = true;
        InitialEpsilon = 0;
        FinalEpsilon = 0;
        AdamEpsilon = 1e-4;
    }
}
