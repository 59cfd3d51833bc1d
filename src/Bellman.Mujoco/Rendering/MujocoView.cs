namespace Bellman.Mujoco.Rendering;

/// <summary>What a picture of a model shows. MuJoCo's own pictures are taken by the model's camera <c>view</c>, which is placed to match.</summary>
/// <param name="FromAbove">Whether the x-y plane is shown from above; otherwise the x-z plane from the side.</param>
/// <param name="CentreX">Metres along x in the middle of the picture.</param>
/// <param name="CentreY">Metres along y, or z from the side, in the middle.</param>
/// <param name="Across">Metres from the left edge to the right.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
public sealed record MujocoView(bool FromAbove, double CentreX, double CentreY, double Across, int Width, int Height)
{
    /// <summary>Whether the middle follows the first body's x.</summary>
    public bool Follows { get; init; }
}
