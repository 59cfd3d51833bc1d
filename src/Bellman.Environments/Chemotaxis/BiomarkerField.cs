namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// What biomarker particles make a robot feel: the concentration, its logarithm and the direction in which it rises.
/// </summary>
public sealed class BiomarkerField(PointSet particles, double radius)
{
    /// <summary>Distance on each side over which <see cref="Direction"/> compares readings.</summary>
    public const double Spacing = 0.5;

    /// <summary>The particles, redrawn as the cells move.</summary>
    public PointSet Particles { get; } = particles;

    /// <summary>R, the length over which a particle's contribution falls off.</summary>
    public double Radius { get; } = radius;

    /// <summary>The concentration at a point, in (0, 1] where there are particles.</summary>
    public double Concentration(Vector3D point) => Math.Exp(LogConcentration(point));

    /// <summary>
    /// The logarithm of the concentration; finite at any distance, because the nearest particle's exponent is taken
    /// out of the sum before it can underflow.
    /// </summary>
    public double LogConcentration(Vector3D point)
    {
        // c(p) = mean_j exp(-||b_j - p||^2 / R^2)
        Particles.Nearest(point, out var nearest);
        var (squared, scale, sum) = (nearest * nearest, 1 / (Radius * Radius), 0.0);
        for (var j = 0; j < Particles.Count; j++) { sum += Math.Exp((squared - Particles.SquaredDistance(j, point)) * scale); }
        return Math.Log(sum / Particles.Count) - squared * scale;
    }

    /// <summary>
    /// The unit vector along the central differences of ln c, each reading with its own normal error of standard
    /// deviation <paramref name="noise"/> (six draws, none if it is 0); zero where the field is flat.
    /// </summary>
    public Vector3D Direction(Vector3D point, double noise, RandomStream random)
    {
        var x = Rise(point, new Vector3D(Spacing, 0, 0), noise, random);
        var y = Rise(point, new Vector3D(0, Spacing, 0), noise, random);
        return new Vector3D(x, y, Rise(point, new Vector3D(0, 0, Spacing), noise, random)).Unit;
    }

    /// <summary>A reading of ln c with a normal error of standard deviation <paramref name="noise"/> (no draw if it is 0).</summary>
    public double Read(Vector3D point, double noise, RandomStream random) =>
        LogConcentration(point) + (noise > 0 ? noise * random.NextGaussian() : 0);

    private double Rise(Vector3D point, Vector3D offset, double noise, RandomStream random) =>
        Read(point + offset, noise, random) - Read(point - offset, noise, random);
}
