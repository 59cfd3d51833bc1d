namespace Bellman.Neural;

/// <summary>
/// A network with noise in its parameters (Fortunato et al. 2018). The noise stays as it is until it is drawn anew; a
/// new network, and every copy, begins without.
/// </summary>
public interface INoisyNetwork : INetwork
{
    /// <summary>Draws the noise of every noisy layer, one sample for all rows of the passes that follow.</summary>
    void DrawNoise(RandomStream random);

    /// <summary>Takes the noise away: the passes that follow use the means.</summary>
    void SilenceNoise();
}
